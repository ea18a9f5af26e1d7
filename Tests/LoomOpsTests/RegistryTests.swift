import Testing

@testable import Weirloom

@Suite struct RegistryTests {
  @Test func `every declaration can be read and none stands twice`() throws {
    let registry = try OpRegistry.makeStandard()
    #expect(registry.count > 0)
  }
}
