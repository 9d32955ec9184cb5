// Stand-in for AVFAudio.

public final class AVAudioFormat {}
public final class AVAudioTime {}
public class AVAudioPCMBuffer {}
public typealias AVAudioNodeBus = Int
public typealias AVAudioFrameCount = UInt32
public typealias AVAudioNodeTapBlock = @Sendable (AVAudioPCMBuffer, AVAudioTime) -> Void

open class AVAudioNode {
    public func outputFormat(forBus bus: AVAudioNodeBus) -> AVAudioFormat { fatalError() }
    public func installTap(
        onBus bus: AVAudioNodeBus, bufferSize: AVAudioFrameCount, format: AVAudioFormat?,
        block tapBlock: @escaping AVAudioNodeTapBlock
    ) {}
    public func removeTap(onBus bus: AVAudioNodeBus) {}
}

public final class AVAudioInputNode: AVAudioNode {}

open class AVAudioEngine {
    public init() {}
    public var inputNode: AVAudioInputNode { fatalError() }
    public var isRunning: Bool { fatalError() }
    public func prepare() {}
    public func start() throws {}
    public func stop() {}
}

open class AVAudioSession {
    public struct Category: Sendable { public static let record = Category() }
    public struct Mode: Sendable { public static let measurement = Mode() }
    public struct CategoryOptions: OptionSet, Sendable {
        public let rawValue: UInt
        public init(rawValue: UInt) { self.rawValue = rawValue }
        public static let duckOthers = CategoryOptions(rawValue: 2)
    }
    public struct SetActiveOptions: OptionSet, Sendable {
        public let rawValue: UInt
        public init(rawValue: UInt) { self.rawValue = rawValue }
        public static let notifyOthersOnDeactivation = SetActiveOptions(rawValue: 1)
    }

    public class func sharedInstance() -> AVAudioSession { fatalError() }
    public func setCategory(_ category: Category, mode: Mode, options: CategoryOptions = []) throws {}
    public func setActive(_ active: Bool, options: SetActiveOptions = []) throws {}
}
