package import LoomCore

/// The main database of an LMDB file, read in the order of its keys. Used by one thread at a time.
///
/// The file is a tree of pages of one size. Pages 0 and 1 tell where the root is, each for one of the last
/// two transactions; a branch lists pages with the first keys below them, a leaf keys and values, and long
/// values lie in pages of their own. Numbers are those of a 64-bit little-endian machine. Every offset is
/// checked: the file may be damaged.
///
/// - SeeAlso: Symas Lightning Memory-Mapped Database, format version 1.
package final class LMDBFile {
  private let file: OpenFile
  private let pageSize: Int
  private let pageCount: Int
  /// From the root to the leaf being read.
  private var path: [Position] = []
  /// Pages that were read: more than there are means that the tree runs in a circle.
  private var visited = 0

  private struct Position {
    let page: Page
    var index = 0
  }

  private static let magic: UInt64 = 0xBEEF_C0DE
  private static let noPage = UInt64.max

  /// - Parameter path: the file, or a folder with a file `data.mdb`.
  /// - Throws: what opening the file throws; ``StatusError/Code/dataLoss`` if it is damaged or no such
  ///   file.
  package init(_ path: String) throws(StatusError) {
    let inside = (path.hasSuffix("/") ? path : path + "/") + "data.mdb"
    file = try OpenFile(reading: Paths.exists(inside) ? inside : path)
    let first = try Page(file.read(at: 0, count: 152), of: file)
    guard try first.number(16, 4) == LMDBFile.magic, try first.number(20, 4) == 1 else {
      throw StatusError(.dataLoss, "\(file.path): not an LMDB file of format version 1")
    }
    let size = Int(truncatingIfNeeded: try first.number(40, 4))
    guard size >= 256, size <= 1 << 16, size & (size - 1) == 0 else {
      throw first.damaged("its pages are of \(size) bytes")
    }
    pageSize = size
    pageCount = file.byteCount / size
    let second = try Page(file.read(at: size, count: 152), of: file)
    // The later of two transactions; one that was not finished wrote no such page.
    var latest = first
    if try second.number(16, 4) == LMDBFile.magic {
      if try second.number(144, 8) > first.number(144, 8) { latest = second }
    }
    let root = try latest.number(128, 8)
    if root != LMDBFile.noPage { try descend(to: root) }
  }

  /// The next key with its value; `nil` after the last.
  ///
  /// - Throws: ``StatusError/Code/dataLoss`` if the file is damaged, ``StatusError/Code/unimplemented`` for
  ///   keys with several values and databases inside of databases.
  package func next() throws(StatusError) -> (key: [UInt8], value: [UInt8])? {
    while let last = path.last {
      guard last.index < last.page.nodeCount else {
        path.removeLast()
        continue
      }
      path[path.count - 1].index += 1
      let node = try last.page.node(last.index)
      guard last.page.isLeaf else {
        try descend(to: node.child)
        continue
      }
      return (node.key, try value(of: node, in: last.page))
    }
    return nil
  }

  private func value(of node: Page.Node, in page: Page) throws(StatusError) -> [UInt8] {
    guard node.flags & ~1 == 0 else {
      throw .unimplemented("\(file.path): databases inside of databases are not read")
    }
    if node.flags == 0 { return try page.bytes(node.dataStart, node.size) }
    let number = try page.number(node.dataStart, 8)
    let start = try offset(of: number)
    guard node.size <= file.byteCount - start else { throw page.damaged("a long value is cut off") }
    let bytes = try file.read(at: start + Page.headerSize, count: node.size)
    guard bytes.count == node.size else { throw page.damaged("a long value is cut off") }
    return bytes
  }

  private func offset(of page: UInt64) throws(StatusError) -> Int {
    guard page < UInt64(pageCount) else {
      throw StatusError(.dataLoss, "\(file.path): page \(page) of \(pageCount) is missing")
    }
    return Int(page) * pageSize
  }

  private func descend(to number: UInt64) throws(StatusError) {
    let start = try offset(of: number)
    let page = try Page(file.read(at: start, count: pageSize), of: file)
    visited += 1
    guard visited <= pageCount, try page.number(0, 8) == number else {
      throw page.damaged("its tree of pages is none")
    }
    guard page.isLeaf || page.isBranch else {
      throw .unimplemented("\(file.path): keys with several values are not read")
    }
    path.append(Position(page: page))
  }
}

/// One page.
private struct Page {
  static let headerSize = 16

  private let content: [UInt8]
  private let file: String
  let isBranch: Bool
  let isLeaf: Bool
  let nodeCount: Int

  struct Node {
    /// The page below, in a branch.
    let child: UInt64
    /// 1 where the data is the number of the first page of a long value.
    let flags: Int
    /// The length of the value, in a leaf.
    let size: Int
    let key: [UInt8]
    let dataStart: Int
  }

  init(_ content: [UInt8], of file: OpenFile) throws(StatusError) {
    self.content = content
    self.file = file.path
    guard content.count >= Page.headerSize else {
      throw StatusError(.dataLoss, "\(file.path): the file is cut off")
    }
    let flags = Int(content[10]) | Int(content[11]) << 8
    isBranch = flags & 0x6F == 1
    isLeaf = flags & 0x6F == 2
    let lower = Int(content[12]) | Int(content[13]) << 8
    nodeCount = max(0, lower - Page.headerSize) / 2
  }

  /// The number of `size` bytes at `offset`.
  func number(_ offset: Int, _ size: Int) throws(StatusError) -> UInt64 {
    try bytes(offset, size).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  func bytes(_ offset: Int, _ count: Int) throws(StatusError) -> [UInt8] {
    guard offset >= 0, count >= 0, count <= content.count, offset <= content.count - count else {
      throw damaged("an entry leaves its page")
    }
    return Array(content[offset..<offset + count])
  }

  func node(_ index: Int) throws(StatusError) -> Node {
    let start = Int(truncatingIfNeeded: try number(Page.headerSize + 2 * index, 2))
    let low = try number(start, 2)
    let high = try number(start + 2, 2)
    let flags = try number(start + 4, 2)
    let keySize = Int(truncatingIfNeeded: try number(start + 6, 2))
    return Node(
      child: low | high << 16 | flags << 32, flags: Int(truncatingIfNeeded: flags),
      size: Int(truncatingIfNeeded: low | high << 16), key: try bytes(start + 8, keySize),
      dataStart: start + 8 + keySize)
  }

  @inline(never)
  func damaged(_ reason: String) -> StatusError {
    StatusError(.dataLoss, "\(file): the file is damaged: \(reason)")
  }
}
