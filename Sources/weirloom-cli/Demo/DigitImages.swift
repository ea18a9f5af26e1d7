import FoundationEssentials
import Weirloom

/// Images of digits, 8 by 8, with their labels.
struct DigitImages {
  static let pixelCount = 64
  /// The darkest pixel of the files.
  private static let darkest: Float = 16

  /// Row by row, from 0 to 1.
  private let pixels: [Float]
  let labels: [Int32]

  var count: Int { labels.count }

  /// Reads 64 pixels and a label from each line after the first.
  ///
  /// - Throws: ``StatusError/Code/notFound`` without such a file, ``StatusError/Code/dataLoss`` if a
  ///   line holds something else.
  init(csv path: String) throws(StatusError) {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw .notFound("\(path); No such file or directory")
    }
    var pixels: [Float] = []
    var labels: [Int32] = []
    for (number, line) in text.split(whereSeparator: \.isNewline).enumerated().dropFirst() {
      let fields = line.split(separator: ",").compactMap { Int32($0) }
      guard let label = fields.last, fields.count == DigitImages.pixelCount + 1, 0..<10 ~= label
      else {
        throw StatusError(
          .dataLoss, "\(path):\(number + 1): expected 64 pixels and a digit, got \(line.prefix(60))"
        )
      }
      pixels += fields.dropLast().map { Float($0) / DigitImages.darkest }
      labels.append(label)
    }
    guard !labels.isEmpty else { throw StatusError(.dataLoss, "\(path) holds no images") }
    self.pixels = pixels
    self.labels = labels
  }

  /// Some of the images with their labels.
  func batch(
    _ rows: some Collection<Int>
  ) throws(StatusError) -> (images: Tensor<Float>, labels: Tensor<Int32>) {
    var values: [Float] = []
    values.reserveCapacity(rows.count * DigitImages.pixelCount)
    for row in rows {
      let start = row * DigitImages.pixelCount
      values += pixels[start..<start + DigitImages.pixelCount]
    }
    return (
      try Tensor(values, shape: [rows.count, DigitImages.pixelCount]),
      try Tensor(rows.map { labels[$0] })
    )
  }

  /// The folder with the images: the given one, otherwise `Data/digits` of the current folder or of
  /// the sources that this program was compiled from.
  static func folder(_ given: String?) throws(StatusError) -> String {
    if let given { return given }
    var root = URL(filePath: #filePath)
    for _ in 0..<4 { root.deleteLastPathComponent() }
    let places = ["Data/digits", root.appending(path: "Data/digits").path()]
    for place in places where FileManager.default.fileExists(atPath: place + "/train.csv") {
      return place
    }
    throw .notFound("Data/digits; No such file or directory: give its place with --data")
  }
}
