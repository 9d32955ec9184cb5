import EMongoliaBindings
import Foundation

/// A file as the platform's picker tells of it.
public struct PickedFile: Sendable {
    let name: String
    let mediaType: String
    let size: UInt64

    /// `mediaType` is one of the field's, as `UTType.preferredMIMEType` says it; `size` in bytes.
    public init(name: String, mediaType: String, size: UInt64) {
        self.name = name
        self.mediaType = mediaType
        self.size = size
    }
}

/// What is read of a file and kept at a time.
private let piece = 256 * 1024

/// Drafts: what a citizen is filling in over days, with its files.
extension Requests {
    /// Begins to fill in the form of a service, for one of ``people(for:)`` or (nil) the citizen, and gives the draft's id. It
    /// stays on this phone, over days and without a session, until its request has arrived or it is thrown away. `Invalid`
    /// `person.not_represented`, `person.not_for_them`. Committed.
    public func beginDraft(for service: String, of person: String? = nil) async throws -> String {
        try await calling { try await core.beginDraft(service: service, person: person) }
    }

    /// One draft as it stands, on the newest version of its form that is on the phone. Committed.
    public func draft(_ id: String) async throws -> Draft {
        try await calling { try await core.draft(id: id) }
    }

    /// Puts in one answer as typed, or (nil) takes it away. On disk when this returns. Committed.
    public func answer(_ field: String, with typed: String?, in draft: String) async throws -> Draft {
        try await calling { try await core.answer(draft: draft, field: field, typed: typed) }
    }

    /// The citizen agrees that what a register says, by its operation, is put into forms, here and from now on, or does not
    /// (any more): what it filled in here is then taken out. Committed.
    public func prefill(_ draft: String, from operation: String, agreed: Bool) async throws -> Draft {
        try await calling { try await core.prefill(draft: draft, operation: operation, agreed: agreed) }
    }

    /// One page of drafts that wait for the citizen, the last one changed first.
    public func drafts(before: String? = nil) async throws -> DraftPage {
        try await calling { try await core.drafts(before: before) }
    }

    /// As ``drafts(before:)``, of one person; `nil`: the citizen.
    public func drafts(of person: String?, before: String? = nil) async throws -> DraftPage {
        try await calling { try await core.draftsOf(person: person, before: before) }
    }

    /// Throws a draft away, with its files. Committed.
    public func discardDraft(_ id: String) async throws {
        try await calling { try await core.discardDraft(id: id) }
    }

    /// As ``confirm(_:for:)``, of a draft. `form.changed`: the form has a new version, look at the draft again. Committed.
    public func confirmDraft(_ id: String) async throws -> Confirmation {
        try await calling { try await core.confirmDraft(id: id) }
    }

    /// Reads a file in and answers a question with it; `progress` is told how many bytes of it are here. `Invalid` if it
    /// can't be taken, before a byte of it is read. What the source throws is thrown. A cancelled task stops the reading,
    /// and what came in until then makes way for the next file of this question.
    public func attach<Source: AsyncSequence>(
        _ file: PickedFile, from source: Source, to field: String, in draft: String,
        progress: @MainActor @Sendable (UInt64) -> Void = { _ in }
    ) async throws -> Draft where Source.Element == Data {
        let id = try await begin(file, to: field, in: draft)
        var stored: UInt64 = 0
        for try await bytes in source {
            stored = try await append(bytes, to: id, at: stored, progress)
        }
        return try await answer(field, with: id, in: draft)
    }

    /// The same from a file that is open for reading, from where it stands.
    public func attach(
        _ file: PickedFile, from handle: FileHandle, to field: String, in draft: String,
        progress: @MainActor @Sendable (UInt64) -> Void = { _ in }
    ) async throws -> Draft {
        let id = try await begin(file, to: field, in: draft)
        var stored: UInt64 = 0
        while let bytes = try await blocking({ try handle.read(upToCount: piece) }), !bytes.isEmpty {
            stored = try await append(bytes, to: id, at: stored, progress)
        }
        return try await answer(field, with: id, in: draft)
    }

    /// The bytes of a file, to show it: a megabyte at a time, each read when it is asked for.
    public func content(of file: DraftFile) -> AsyncThrowingStream<Data, any Error> {
        let read = Guarded<UInt64>(0)
        return AsyncThrowingStream {
            let offset = read.with { $0 }
            let bytes = try await calling { try await core.read(attachment: file.id, offset: offset) }
            read.with { $0 = offset + UInt64(bytes.count) }
            return bytes.isEmpty ? nil : bytes
        }
    }

    private func begin(_ file: PickedFile, to field: String, in draft: String) async throws -> String {
        try await calling {
            try await core.attach(
                draft: draft, field: field, name: file.name, mediaType: file.mediaType, size: file.size)
        }
    }

    private func append(
        _ bytes: Data, to file: String, at offset: UInt64, _ progress: @MainActor @Sendable (UInt64) -> Void
    ) async throws -> UInt64 {
        var (stored, rest) = (offset, bytes)
        while !rest.isEmpty {
            try Task.checkCancellation()
            let (at, next) = (stored, Data(rest.prefix(piece)))
            stored = try await calling { try await core.append(attachment: file, offset: at, bytes: next) }
            await progress(stored)
            rest = rest.dropFirst(next.count)
        }
        return stored
    }
}
