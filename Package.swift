// swift-tools-version: 6.2
// Weirloom: TensorFlow's graph-and-Session runtime in Swift.
import PackageDescription

/// CI sets this; dependencies are not concerned.
let warningsAsErrors = Context.environment["WEIRLOOM_WARNINGS_AS_ERRORS"] == "1"

/// Settings every Swift target shares.
let settings: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
  ] + (warningsAsErrors ? [.treatAllWarnings(as: .error)] : [])

/// Settings every C target shares.
let cSettings: [CSetting] =
  [.enableWarning("all")] + (warningsAsErrors ? [.treatAllWarnings(as: .error)] : [])

let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")

/// What the trait `Distributed` adds: nothing of these packages is built without it.
let distributed = TargetDependencyCondition.when(traits: ["Distributed"])
let transport: [Target.Dependency] = [
  .product(name: "CoreMetrics", package: "swift-metrics", condition: distributed),
  .product(name: "GRPCCore", package: "grpc-swift-2", condition: distributed),
  .product(
    name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport",
    condition: distributed),
  .product(name: "Logging", package: "swift-log", condition: distributed),
  .product(name: "NIOCertificateReloading", package: "swift-nio-extras", condition: distributed),
  .product(name: "NIOCore", package: "swift-nio", condition: distributed),
  .product(name: "NIOHPACK", package: "swift-nio-http2", condition: distributed),
  .product(name: "NIOHTTP1", package: "swift-nio", condition: distributed),
  .product(name: "NIOHTTP2", package: "swift-nio-http2", condition: distributed),
  .product(name: "NIOPosix", package: "swift-nio", condition: distributed),
  .product(name: "NIOSSL", package: "swift-nio-ssl", condition: distributed),
  .product(name: "NIOTLS", package: "swift-nio", condition: distributed),
  .product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: distributed),
]

/// With which the tests of servers make certificates; the transport is built on them anyway.
let certificates: [Target.Dependency] = [
  .product(name: "Crypto", package: "swift-crypto", condition: distributed),
  .product(name: "SwiftASN1", package: "swift-asn1", condition: distributed),
  .product(name: "X509", package: "swift-certificates", condition: distributed),
]

/// Families of ops: one target each, because a release build compiles targets side by side.
let opFamilies = [
  "LoomOpsArray", "LoomOpsCore", "LoomOpsData", "LoomOpsFlow", "LoomOpsLists", "LoomOpsMath",
  "LoomOpsNN", "LoomOpsQueues", "LoomOpsReduce", "LoomOpsSparse", "LoomOpsState", "LoomOpsStrings",
  "LoomOpsTables",
]

let package = Package(
  name: "Weirloom",
  products: [
    .library(name: "Weirloom", targets: ["Weirloom"]),
    .executable(name: "weirloom", targets: ["weirloom-cli"]),
  ],
  traits: [
    .trait(
      name: "OneDNN",
      description: "Matrix products, convolutions and pooling through oneDNN (libdnnl-dev)."),
    .trait(
      name: "Distributed",
      description: "TensorFlow's servers and remote sessions, over gRPC."),
    .trait(
      name: "InvariantChecks",
      description: "Verify graphs and plans after every pass; for tests."),
    .default(enabledTraits: ["Distributed", "OneDNN"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
    .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // C, at the bottom.
    .target(name: "CLoomVector", cSettings: cSettings),
    .systemLibrary(name: "COneDNN", providers: [.apt(["libdnnl-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),

    // The house, from the ground up.
    .target(name: "LoomCore", swiftSettings: settings),
    .target(name: "LoomGraph", dependencies: ["LoomCore"], swiftSettings: settings),
    .target(
      name: "LoomKernels",
      dependencies: [
        "CLoomVector", "LoomCore", .target(name: "COneDNN", condition: .when(traits: ["OneDNN"])),
      ],
      swiftSettings: settings),
    .target(
      name: "LoomOpsSupport", dependencies: ["LoomCore", "LoomGraph", "LoomKernels"],
      swiftSettings: settings),
  ]
    + opFamilies.map {
      .target(
        name: $0, dependencies: ["LoomCore", "LoomGraph", "LoomKernels", "LoomOpsSupport"],
        swiftSettings: settings)
    } + [
      .target(
        name: "LoomOps",
        dependencies: ["LoomCore", "LoomGraph", "LoomKernels", "LoomOpsSupport"]
          + opFamilies.map { .target(name: $0) },
        swiftSettings: settings),
      .target(
        name: "LoomRuntime", dependencies: ["LoomCore", "LoomGraph", "LoomKernels"],
        swiftSettings: settings),
      .target(name: "LoomProto", dependencies: [protobuf]),
      .target(
        name: "LoomFormats",
        dependencies: [
          "CZlib", "LoomCore", "LoomGraph", "LoomKernels", "LoomProto", "LoomRuntime", protobuf,
        ],
        swiftSettings: settings),
      .target(
        name: "LoomOpsFiles",
        dependencies: [
          "LoomCore", "LoomFormats", "LoomGraph", "LoomKernels", "LoomOpsData", "LoomOpsSupport",
          "LoomProto", protobuf,
        ],
        swiftSettings: settings),
      .target(
        name: "LoomTraining",
        dependencies: [
          "LoomCore", "LoomFormats", "LoomGraph", "LoomKernels", "LoomOps", "LoomRuntime",
        ],
        swiftSettings: settings),
      .target(
        name: "LoomCluster",
        dependencies: [
          "LoomCore", "LoomFormats", "LoomGraph", "LoomKernels", "LoomProto", "LoomRuntime",
          protobuf,
        ] + transport,
        swiftSettings: settings),
      .target(
        name: "Weirloom",
        dependencies: [
          "LoomCluster", "LoomCore", "LoomFormats", "LoomGraph", "LoomKernels", "LoomOps",
          "LoomOpsFiles",
          "LoomRuntime", "LoomTraining",
        ],
        swiftSettings: settings),
      .executableTarget(
        name: "weirloom-cli",
        dependencies: [
          "Weirloom", argumentParser,
          .product(name: "CoreMetrics", package: "swift-metrics", condition: distributed),
          .product(name: "Logging", package: "swift-log", condition: distributed),
          .product(
            name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: distributed),
          .product(
            name: "UnixSignals", package: "swift-service-lifecycle", condition: distributed),
        ],
        swiftSettings: settings),
      .target(
        name: "LoomTestSupport",
        dependencies: [
          "LoomCore", "LoomFormats", "LoomGraph", "LoomKernels", "LoomOps", "LoomOpsFiles",
          "LoomRuntime", "LoomProto", protobuf,
        ],
        swiftSettings: settings),

      .testTarget(
        name: "CommandTests", dependencies: ["LoomTestSupport", "Weirloom", "weirloom-cli"],
        swiftSettings: settings),
      .testTarget(
        name: "LoomClusterTests",
        dependencies: [
          "LoomCluster", "LoomCore", "LoomFormats", "LoomProto", "LoomTestSupport", "Weirloom",
          protobuf,
        ] + transport + certificates,
        swiftSettings: settings),
      .testTarget(
        name: "LoomFormatsTests",
        dependencies: [
          "LoomCore", "LoomFormats", "LoomGraph", "LoomProto", "LoomRuntime", "LoomTestSupport",
          protobuf,
        ],
        swiftSettings: settings),
      .testTarget(
        name: "LoomGraphTests", dependencies: ["LoomCore", "LoomGraph", "LoomTestSupport"],
        swiftSettings: settings),
      .testTarget(
        name: "GoldenTests",
        dependencies: ["LoomFormats", "LoomProto", "LoomTestSupport", "Weirloom", protobuf],
        swiftSettings: settings),
      .testTarget(
        name: "LoomOpsTests", dependencies: ["LoomTestSupport", "Weirloom"],
        swiftSettings: settings),
      .testTarget(
        name: "LoomTrainingTests", dependencies: ["LoomTestSupport", "Weirloom"],
        swiftSettings: settings),
      .testTarget(
        name: "LoomKernelsTests", dependencies: ["CLoomVector", "LoomCore", "LoomKernels"],
        swiftSettings: settings),
      .testTarget(name: "WeirloomTests", dependencies: ["Weirloom"], swiftSettings: settings),
    ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c17
)
