/// Lists of dtypes that many signatures repeat, in TensorFlow's order.
enum Allowed {
  static let numbers =
    "{float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}"
  static let real =
    "{float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}"
}
