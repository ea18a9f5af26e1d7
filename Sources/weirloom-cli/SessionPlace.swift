import ArgumentParser

/// Where a command's session runs.
struct SessionPlace: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Run on a server instead of in this process.", valueName: "grpc://host:port"))
  var server = ""
}
