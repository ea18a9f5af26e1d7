import LoomCore
import LoomGraph
import Testing

@Suite struct NameTests {
  let graph: Graph

  init() throws { graph = try makeGraph() }

  private func names(_ requested: String...) throws -> [String] {
    try requested.map { try graph.constant(name: $0).operation.name }
  }

  // GRF-021
  @Test(arguments: ["a b", "_a", "", "-x", "a:0", "é", "a\n"])
  func `malformed names are refused`(name: String) {
    let error = failure { try graph.constant(name: name) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason.hasPrefix("'\(name)' is not a valid node name.") == true)
  }

  @Test(arguments: ["a", ".a", "0", "A/b", "a>b", "a\\b", "a-b", "a_b."])
  func `these names are fine`(name: String) throws {
    #expect(try names(name) == [name])
  }

  // GRF-022
  @Test func `case does not tell names apart`() throws {
    #expect(try names("K", "k", "k_1", "k") == ["K", "k_1", "k_1_1", "k_2"])
  }

  @Test func `without a name the op names it`() throws {
    #expect(try graph.addOperation("NoOp").name == "NoOp")
    #expect(try graph.addOperation("NoOp").name == "NoOp_1")
  }

  // GRF-023
  @Test func `a scope's name is made unique unless it is entered again`() throws {
    func inside(_ scope: String) throws -> String {
      try graph.withNameScope(scope) { () throws(StatusError) in
        try graph.addOperation("NoOp", name: "n").name
      }
    }
    #expect(try inside("a") == "a/n")
    #expect(try inside("a") == "a_1/n")
    #expect(try inside("a/") == "a/n_1")
    #expect(try inside("A") == "A_2/n")
  }

  @Test func `scopes nest`() throws {
    try graph.withNameScope("a") { () throws(StatusError) in
      #expect(graph.nameScope == "a/")
      try graph.withNameScope("b") { () throws(StatusError) in
        #expect(try graph.addOperation("NoOp", name: "n").name == "a/b/n")
      }
      try graph.withNameScope("_y") { () throws(StatusError) in
        #expect(graph.nameScope == "a/_y/")
      }
    }
    #expect(graph.nameScope == "")
    #expect(
      failure { try graph.withNameScope("_y") { () throws(StatusError) in } }?.code
        == .invalidArgument)
  }

  // GRF-024
  @Test func `a name with a slash at its end is absolute`() throws {
    try graph.withNameScope("a") { () throws(StatusError) in
      #expect(try graph.addOperation("NoOp", name: "exact/").name == "exact")
      #expect(try graph.addOperation("NoOp", name: "deep/er/").name == "deep/er")
    }
    #expect(failure { try graph.constant(name: "exact/") }?.code == .invalidArgument)
  }

  // GRF-025
  @Test(arguments: [nil, ""])
  func `no name is the root`(root: String?) throws {
    try graph.withNameScope("a") { () throws(StatusError) in
      try graph.withNameScope(root) { () throws(StatusError) in
        #expect(try graph.addOperation("NoOp", name: "n").name == "n")
      }
    }
  }

  // GRF-026
  @Test func `unique names are used up unless only asked for`() throws {
    #expect(graph.uniqueName("a") == "a")
    #expect(graph.uniqueName("a", markingAsUsed: false) == "a_1")
    #expect(graph.uniqueName("a") == "a_1")
    #expect(graph.uniqueName("s/t") == "s/t")
    #expect(graph.uniqueName("s") == "s_1")
  }

  @Test func `an operation's scopes count as used`() throws {
    _ = try names("a/b/c")
    #expect(try names("a", "a/b") == ["a_1", "a/b_1"])
  }

  @Test func `scopes of two graphs do not mix`() throws {
    let other = try makeGraph()
    try graph.withNameScope("a") { () throws(StatusError) in
      #expect(try other.addOperation("NoOp", name: "n").name == "n")
    }
  }

  @Test func `an error leaves the scope`() throws {
    let thrown = failure {
      try graph.withNameScope("a") { () throws(StatusError) in
        throw StatusError.invalidArgument("no")
      }
    }
    #expect(thrown?.reason == "no")
    #expect(graph.nameScope == "")
  }
}
