// swift-tools-version: 6.2
// Programs that use the public API of Weirloom and nothing else.
import PackageDescription

let weirloom: Target.Dependency = .product(name: "Weirloom", package: "weirloom")

let package = Package(
  name: "WeirloomExamples",
  dependencies: [.package(name: "weirloom", path: "../", traits: ["OneDNN"])],
  targets: [
    .executableTarget(name: "FirstSteps", dependencies: [weirloom]),
    .executableTarget(name: "LoadAndRun", dependencies: [weirloom]),
    .executableTarget(name: "Train", dependencies: [weirloom]),
  ],
  swiftLanguageModes: [.v6]
)
