import Testing
import Weirloom

@Suite struct VariableScopeTests {
  // VAR-013
  @Test func `shared variables follow the rules of reuse`() throws {
    let graph = Graph()
    let made = try graph.withVariableScope("layer") { () throws(StatusError) in
      try graph.getVariable("w", [2, 3])
    }
    #expect(made.name == "layer/w:0")

    let exists = #expect(throws: StatusError.self) {
      try graph.withVariableScope("layer") { () throws(StatusError) in
        try graph.getVariable("w", [2, 3])
      }
    }
    #expect(exists?.code == .invalidArgument)
    #expect(exists?.reason.hasPrefix("Variable layer/w already exists, disallowed.") == true)

    let missing = #expect(throws: StatusError.self) {
      try graph.withVariableScope("layer", reuse: .always) { () throws(StatusError) in
        try graph.getVariable("b", [3])
      }
    }
    #expect(missing?.reason.hasPrefix("Variable layer/b does not exist") == true)

    try graph.withVariableScope("layer", reuse: .always) { () throws(StatusError) in
      let found = try graph.getVariable("w", [2, 3])
      #expect(found == made)
      let shape = #expect(throws: StatusError.self) { try graph.getVariable("w", [3]) }
      #expect(shape?.reason.contains("specified shape [3] and found shape [2,3]") == true)
      let dtype = #expect(throws: StatusError.self) {
        let _: Variable<Int32> = try graph.getVariable("w", [2, 3]) { .zeros($0) }
      }
      #expect(dtype?.reason.contains("specified dtype int32 and found dtype float") == true)
      // Inner scopes inherit what they may do.
      try graph.withVariableScope("inner") { () throws(StatusError) in
        #expect(graph.variableScope.name == "layer/inner")
        #expect(graph.variableScope.reuse == .always)
      }
    }
  }

  @Test func `automatic reuse makes once and finds afterwards`() throws {
    let graph = Graph()
    func layer() throws -> Variable<Float> {
      try graph.withVariableScope("a", reuse: .automatic) { () throws(StatusError) in
        try graph.getVariable("w", [2]) { .ones($0) }
      }
    }
    let first = try layer()
    #expect(try layer() == first)
    #expect(graph.globalVariables.count == 1)
    let session = try Session(graph: graph)
    try session.run(graph.globalVariablesInitializer)
    #expect(try session.run(first.value).scalars == [1, 1])
  }
}
