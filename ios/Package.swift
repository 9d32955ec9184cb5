// swift-tools-version: 6.0

import PackageDescription

/// `Generated/` holds what `emongolia-bindgen swift` writes for the built library; it is never committed.
/// On Apple's platforms the library comes as an XCFramework (`build-xcframework.sh`); elsewhere, and for `swift test`
/// on a Mac, as a shared library whose folder the linker is told (`cargo xtask swift` does).
let linksSharedLibrary = Context.environment["EMONGOLIA_SHARED_LIBRARY"] != nil

let ffi: Target = linksSharedLibrary
    ? .systemLibrary(name: "EMongoliaFFI", path: "Generated/EMongoliaFFI")
    : .binaryTarget(name: "EMongoliaFFI", path: "Generated/EMongoliaFFI.xcframework")

let swift6: [SwiftSetting] = [.swiftLanguageMode(.v6)]

/// What the tests run in a process of its own, since it spoils one.
let child: Target = .executableTarget(
    name: "EMongoliaChild",
    dependencies: ["EMongoliaCore", "EMongoliaFFI", "EMongoliaTestSupport"],
    path: "Tests/EMongoliaChild",
    swiftSettings: swift6
)

let package = Package(
    name: "EMongolia",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [.library(name: "EMongoliaCore", targets: ["EMongoliaCore"])],
    targets: [
        ffi,
        .target(
            name: "EMongoliaBindings",
            dependencies: ["EMongoliaFFI"],
            path: "Generated/EMongoliaBindings",
            swiftSettings: swift6
        ),
        .target(name: "EMongoliaCore", dependencies: ["EMongoliaBindings", "EMongoliaFFI"], swiftSettings: swift6),
        .target(
            name: "EMongoliaTestSupport",
            dependencies: ["EMongoliaCore"],
            path: "Tests/EMongoliaTestSupport",
            swiftSettings: swift6
        ),
        .testTarget(
            name: "EMongoliaCoreTests",
            dependencies: ["EMongoliaCore", "EMongoliaBindings", "EMongoliaFFI", "EMongoliaTestSupport"],
            swiftSettings: swift6
        ),
    ] + (linksSharedLibrary ? [child] : [])
)
