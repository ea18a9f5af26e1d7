import LoomCore
import LoomGraph
import Testing

@Suite struct DeviceSpecificationTests {
  // DEV-023, DEV-026
  @Test(arguments: [
    ("/job:ps/replica:0/task:1/device:CPU:0", "/job:ps/replica:0/task:1/device:CPU:0"),
    ("/cpu:0", "/device:CPU:0"), ("/gpu:*", "/device:GPU:*"), ("/CPU:1", "/device:CPU:1"),
    ("/device:gpu:2/job:w", "/job:w/device:GPU:2"), ("", ""), ("cpu:0", "/device:CPU:0"),
    ("job:a", "/job:a"), ("/job:1bad", "/job:1bad"), ("/JOB:ps", "/job:ps"),
  ])
  func `names are parsed and printed`(text: String, printed: String) throws {
    let device = try DeviceSpecification(text)
    #expect(device.description == printed)
    #expect(try DeviceSpecification(printed) == device)
  }

  // DEV-024
  @Test func `two types are refused`() {
    let error = failure { try DeviceSpecification("/cpu:0/gpu:0") }
    #expect(error?.code == .invalidArgument)
    #expect(
      error?.reason.hasPrefix(
        "Multiple device types are not allowed while parsing the device spec") == true)
  }

  // DEV-025
  @Test(arguments: ["/foo:bar", "/device:GPU", "/device:CPU:0:1", "/jobless:x//"])
  func `unknown parts are refused`(text: String) {
    let error = failure { try DeviceSpecification(text) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason.hasPrefix("Unknown attribute '") == true)
  }

  @Test(arguments: ["/task:x", "/task:-1", "/cpu:x", "/replica:", "/task:99999999999999999999"])
  func `what is no number is refused`(text: String) {
    #expect(failure { try DeviceSpecification(text) }?.code == .invalidArgument)
  }

  @Test func `parts that both name must agree`() throws {
    let a = try DeviceSpecification("/job:w/cpu:1")
    #expect(a.isCompatible(with: try DeviceSpecification("/task:3/cpu:1")))
    #expect(!a.isCompatible(with: try DeviceSpecification("/cpu:0")))
    #expect(a.isCompatible(with: DeviceSpecification()))
  }
}
