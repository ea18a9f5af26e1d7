/// What a resource handle points to: a variable, queue, table, iterator, …
public protocol Resource: AnyObject, Sendable {
  /// One line for people: the kind and what it holds.
  var summary: String { get }
}

/// An element of a resource tensor: names a resource of a device, and carries it once it was looked up.
public struct ResourceHandle: Sendable {
  public var device: String
  public var container: String
  public var name: String
  /// Identifies the resource's type, as `type_index::hash_code` does in TensorFlow.
  public var typeName: String
  /// What other processes tell resource types apart by; carried along, never compared here.
  public var hashCode: UInt64 = 0
  /// Dtypes and shapes of the tensors behind the handle, for shape inference.
  public var components: [Component]
  /// The resource itself for handles that own it (anonymous resources), `nil` for named ones.
  public var resource: (any Resource)?

  public struct Component: Hashable, Sendable {
    public var dtype: DType
    public var shape: PartialShape

    public init(dtype: DType, shape: PartialShape) {
      self.dtype = dtype
      self.shape = shape
    }
  }

  public init(
    device: String = "", container: String = "", name: String = "", typeName: String = "",
    components: [Component] = [], resource: (any Resource)? = nil
  ) {
    self.device = device
    self.container = container
    self.name = name
    self.typeName = typeName
    self.components = components
    self.resource = resource
  }
}

extension ResourceHandle: TensorScalar {
  @inlinable public static var dtype: DType { .resource }
  public static var zero: ResourceHandle { ResourceHandle() }
}

extension ResourceHandle: Hashable {
  public static func == (a: ResourceHandle, b: ResourceHandle) -> Bool {
    a.name == b.name && a.container == b.container && a.device == b.device
      && a.typeName == b.typeName && a.resource === b.resource
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(container)
    hasher.combine(typeName)
  }
}

/// What an element of a variant tensor holds: a tensor list, an optional, a dataset, …
public protocol VariantValue: Sendable {
  /// TensorFlow's name of the type, such as `tensorflow::TensorList`.
  var typeName: String { get }
}

/// A variant's value as messages carry it: what `typeName` names gives it meaning.
public struct EncodedVariant: VariantValue {
  public var typeName: String
  public var metadata: [UInt8]
  public var tensors: [AnyTensor]

  public init(typeName: String, metadata: [UInt8] = [], tensors: [AnyTensor] = []) {
    self.typeName = typeName
    self.metadata = metadata
    self.tensors = tensors
  }
}

/// A variant's value that can leave the process.
public protocol EncodableVariant: VariantValue {
  func encoded() throws(StatusError) -> EncodedVariant
}

extension EncodedVariant: EncodableVariant {
  public func encoded() -> EncodedVariant { self }
}

/// An element of a variant tensor; empty until something is stored.
public struct Variant: Sendable {
  public var value: (any VariantValue)?

  public init(_ value: (any VariantValue)? = nil) { self.value = value }
}

extension Variant: TensorScalar {
  @inlinable public static var dtype: DType { .variant }
  public static var zero: Variant { Variant() }
}
