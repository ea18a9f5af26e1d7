import FoundationEssentials
import LoomCore
import LoomFormats
import LoomKernels
import LoomOpsData

/// The elements of a dataset, which are kept in a file by the first reader that comes to the end. Other
/// programs may read the file: it is a tensor bundle with a name for each component of each element.
struct FileCached: DatasetValue {
  let input: any DatasetValue
  let prefix: String

  /// TensorFlow's limit, which the names' padding follows from.
  private static let mostElements = 10_000_000

  var elements: ElementSpecification { input.elements }
  var inputs: [any DatasetValue] { [input] }
  var cardinality: Cardinality { input.cardinality }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let prefix = self.prefix
    let names = Names(components: elements.count)
    if TensorBundle.exists(prefix) {
      return Reader(try TensorBundle(prefix), elements, names)
    }
    return Writer(try input.makeIterator(services), prefix, names)
  }

  /// The names of components: `element_component`, padded to the widths of the largest numbers.
  private struct Names: Sendable {
    let components: Int

    func name(_ element: Int, _ component: Int) -> ByteString {
      func padded(_ number: Int, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: " ", count: max(0, String(count - 1).count - text.count)) + text
      }
      return ByteString(padded(element, mostElements) + "_" + padded(component, components))
    }
  }

  private final class Reader: DatasetIterator {
    private let bundle: TensorBundle
    private let elements: ElementSpecification
    private let names: Names
    private var position = 0

    init(_ bundle: TensorBundle, _ elements: ElementSpecification, _ names: Names) {
      self.bundle = bundle
      self.elements = elements
      self.names = names
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      var element: [AnyTensor] = []
      for component in 0..<names.components {
        let name = names.name(position, component)
        do throws(StatusError) {
          element.append(try bundle.read(name, budget: services.budget))
        } catch {
          // Where the first component of an element is missing, the elements end.
          guard component == 0, !bundle.has(name) else { throw error }
          return nil
        }
      }
      position += 1
      try elements.checkAccepts(element)
      return element
    }
  }

  private final class Writer: DatasetIterator {
    private var input: (any DatasetIterator)?
    private let prefix: String
    private let lock: String
    private let names: Names
    private var bundle: TensorBundleWriter?
    private var count = 0

    init(_ input: any DatasetIterator, _ prefix: String, _ names: Names) {
      self.input = input
      self.prefix = prefix
      self.names = names
      lock = prefix + "_0.lockfile"
    }

    deinit {
      // Only who made the lock removes it. What was read in part leaves no other file behind; a lock that
      // stays is named by the next error.
      if bundle != nil { try? Paths.remove(lock) }
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      guard let input else { return nil }
      let bundle = try openBundle()
      guard let element = try input.next(services) else {
        try bundle.finish()
        try Paths.remove(lock)
        self.bundle = nil
        self.input = nil
        return nil
      }
      guard count < FileCached.mostElements else {
        throw .invalidArgument(
          "Upper limit on number of elements cached in a file is \(FileCached.mostElements)")
      }
      for (component, tensor) in element.enumerated() {
        try bundle.add(names.name(count, component), tensor)
      }
      count += 1
      return element
    }

    /// Makes the lock and the bundle before the first element.
    private func openBundle() throws(StatusError) -> TensorBundleWriter {
      if let bundle { return bundle }
      guard !TensorBundle.exists(prefix) else {
        throw StatusError(
          .alreadyExists,
          "Existing cache files found: \n\(TensorBundle.indexPath(prefix))\n"
            + "To continue delete the above files.")
      }
      guard !Paths.exists(lock) else {
        throw StatusError(
          .alreadyExists,
          "There appears to be a concurrent caching iterator running - cache lockfile already "
            + "exists ('\(lock)'). If you are sure no other running computations are using this cache "
            + "prefix, delete the lockfile and re-initialize the iterator.")
      }
      let seconds = Int(Date().timeIntervalSince1970)
      try OpenFile(writing: lock).write(Array("Created at: \(seconds)".utf8))
      do throws(StatusError) {
        let made = try TensorBundleWriter(prefix)
        bundle = made
        return made
      } catch {
        // The error that is thrown says more than one of removing the lock.
        try? Paths.remove(lock)
        throw error
      }
    }
  }
}

extension TensorBundle {
  /// Whether there is a tensor of that name.
  fileprivate func has(_ name: ByteString) -> Bool {
    // Any other fault is one that reading the tensor reports.
    (try? entry(name)) != nil
  }
}
