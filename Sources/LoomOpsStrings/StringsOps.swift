public import LoomGraph

/// Texts: joining, splitting, numbers, encodings, hashes, regular expressions.
public enum StringsOps {
  public static let all: [any OpDefinition.Type] = texts + encodings

  static let texts: [any OpDefinition.Type] = [
    AsString.self, DecodeCSV.self, ReduceJoin.self, RegexFullMatch.self, RegexReplace.self,
    StaticRegexFullMatch.self, StaticRegexReplace.self, StringFormat.self, StringJoin.self,
    StringLength.self, StringLower.self, StringNGrams.self, StringSplit.self, StringSplitV2.self,
    StringStrip.self, StringToNumber.self, StringUpper.self, Substr.self, UnsortedSegmentJoin.self,
  ]

  static let encodings: [any OpDefinition.Type] = [
    DecodeBase64.self, DecodePaddedRaw.self, DecodeRaw.self, EncodeBase64.self,
    StringToHashBucket.self, StringToHashBucketFast.self, StringToHashBucketStrong.self,
    UnicodeDecode.self, UnicodeDecodeWithOffsets.self, UnicodeEncode.self, UnicodeScript.self,
    UnicodeTranscode.self,
  ]
}
