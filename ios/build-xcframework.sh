#!/bin/sh
# Built outside CI: makes what an Xcode project takes in, Generated/EMongoliaFFI.xcframework and the Swift beside it.
# Needs a Mac with Xcode 16 and Rust's targets:
#   rustup component add rust-src
#   rustup target add aarch64-apple-ios aarch64-apple-ios-sim x86_64-apple-ios
set -eu

cd "$(dirname "$0")/.."
export IPHONEOS_DEPLOYMENT_TARGET=16.0
library=libemongolia_ffi
target=$(cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
generated=ios/Generated

for platform in aarch64-apple-ios aarch64-apple-ios-sim x86_64-apple-ios; do
    # The standard library for size, as it ships: core/docs/adr/0013-library-size.md.
    RUSTC_BOOTSTRAP=1 cargo build --release --locked --lib --package emongolia-ffi --target "$platform" \
        -Z build-std=std,panic_unwind -Z build-std-features=optimize_for_size
done
cargo build --locked --package emongolia-bindgen

rm -rf "$generated"
mkdir -p "$generated/EMongoliaBindings" "$generated/headers/EMongoliaFFI" "$generated/simulator"
"$target/debug/emongolia-bindgen" swift "$target/aarch64-apple-ios/release/$library.a" "$generated/written"
mv "$generated/written/EMongoliaBindings.swift" "$generated/EMongoliaBindings/"
# In a folder of its own: Xcode copies the headers of all frameworks into one place.
mv "$generated/written/EMongoliaFFI.h" "$generated/headers/EMongoliaFFI/"
mv "$generated/written/EMongoliaFFI.modulemap" "$generated/headers/EMongoliaFFI/module.modulemap"
rmdir "$generated/written"

lipo -create -output "$generated/simulator/$library.a" \
    "$target/aarch64-apple-ios-sim/release/$library.a" "$target/x86_64-apple-ios/release/$library.a"
xcodebuild -create-xcframework \
    -library "$target/aarch64-apple-ios/release/$library.a" -headers "$generated/headers" \
    -library "$generated/simulator/$library.a" -headers "$generated/headers" \
    -output "$generated/EMongoliaFFI.xcframework"
rm -rf "$generated/simulator" "$generated/headers"
