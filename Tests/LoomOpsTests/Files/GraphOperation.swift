import Weirloom

/// A name that Foundation's `Operation` does not take.
typealias GraphOperation = Operation
