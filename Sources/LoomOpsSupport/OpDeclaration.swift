public import LoomGraph
public import LoomKernels

/// All that is true of an op: signature, shape function, gradient rule and properties
/// (`/LoomGraph/OpDefinition`), and its kernels (`/LoomKernels/KernelProvider`).
///
/// A type without cases stands for the op; a builder function beside it adds it to a graph.
public typealias OpDeclaration = OpDefinition & KernelProvider
