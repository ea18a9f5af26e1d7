import LoomTestSupport
import Testing
import Weirloom

/// Model files whose input comes from datasets in the graph.
@Suite struct DatasetModelTests {
  @Test(arguments: ["dataset_pipeline"])
  func `pipelines give the recorded elements and errors`(_ folder: String) throws {
    let faults = try ModelRunner(folder: folder, registry: .standard).differences()
    #expect(faults.isEmpty, "\(faults.prefix(5).joined(separator: "\n"))")
  }
}
