import Testing
import Weirloom

@Suite struct InitialValueTests {
  // VAR-011
  @Test(arguments: VariableTests.kinds)
  func `variables that depend on each other initialise in one run`(
    _ options: VariableOptions
  ) throws {
    let graph = Graph()
    let a = try graph.variable("a", initialValue: .constant(Float(3)), options: options)
    let b = try graph.variable(
      "b", initialValue: a.value + graph.constant(Float(1)), options: options)
    let c = try graph.variable("c", initialValue: b.value + a.value, options: options)
    for _ in 0..<20 {
      let session = try Session(graph: graph)
      try session.run(graph.globalVariablesInitializer)
      #expect(try session.run(b.value).scalar == 4)
      #expect(try session.run(c.value).scalar == 7)
    }
  }

  // VAR-012
  @Test(arguments: VariableTests.kinds)
  func `the initialised value is there before and after`(_ options: VariableOptions) throws {
    let graph = Graph()
    let a = try graph.variable("a", initialValue: .constant(Float(3)), options: options)
    let value = try a.initializedValue()
    let session = try Session(graph: graph)
    #expect(try session.run(value).scalar == 3)
    _ = try session.run(a.assign(Tensor(scalar: 5)))
    #expect(try session.run(value).scalar == 5)
  }

  @Test func `fills take the dtype of the variable`() throws {
    let graph = Graph()
    let zeros = try graph.variable("z", initialValue: .zeros([2, 3]))
    let ones: Variable<Double> = try graph.variable("o", initialValue: .ones([2]))
    let texts: Variable<ByteString> = try graph.variable(
      "s", initialValue: .constant("x", [2]), options: .untrained)
    let session = try Session(graph: graph)
    try session.run(graph.globalVariablesInitializer)
    #expect(try session.run(zeros.value).scalars == [0, 0, 0, 0, 0, 0])
    #expect(try session.run(ones.value).scalars == [1, 1])
    #expect(try session.run(texts.value).scalars == ["x", "x"])
  }
}
