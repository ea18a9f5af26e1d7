public import LoomGraph

/// Ops that move, select and arrange elements, and ask for shapes.
public enum ArrayOps {
  public static let all: [any OpDefinition.Type] =
    shapes + reordering + joining + slicing + filling + indexing + blocks + matrices

  private static let shapes: [any OpDefinition.Type] = [
    ExpandDims.self, Rank.self, Reshape.self, ShapeN.self, ShapeOp.self, Size.self, Squeeze.self,
  ]

  private static let reordering: [any OpDefinition.Type] = [
    ConjugateTranspose.self, InvertPermutation.self, Reverse.self, ReverseSequence.self,
    ReverseV2.self, Roll.self, Transpose.self,
  ]

  private static let filling: [any OpDefinition.Type] = [
    BroadcastTo.self, Empty.self, Fill.self, LinSpace.self, MirrorPad.self, MirrorPadGrad.self,
    OneHot.self, Pad.self, PadV2.self, RangeOp.self, Tile.self,
  ]

  private static let indexing: [any OpDefinition.Type] = [
    DynamicPartition.self, DynamicStitch.self, EditDistance.self, Gather.self, GatherNd.self,
    GatherV2.self,
    InplaceAdd.self, InplaceSub.self, InplaceUpdate.self, LowerBound.self,
    ParallelDynamicStitch.self, ScatterNd.self, ScatterNdNonAliasingAdd.self,
    TensorScatterAdd.self, TensorScatterMax.self, TensorScatterMin.self, TensorScatterSub.self,
    TensorScatterUpdate.self, UnravelIndex.self, UpperBound.self, Where.self,
  ]

  private static let joining: [any OpDefinition.Type] = [
    Concat.self, ConcatOffset.self, ConcatV2.self, Pack.self, Split.self, SplitV.self, Unpack.self,
  ]

  private static let slicing: [any OpDefinition.Type] = [
    SliceOp.self, StridedSlice.self, StridedSliceGrad.self, TensorStridedSliceUpdate.self,
  ]

  private static let blocks: [any OpDefinition.Type] = [
    BatchToSpace.self, BatchToSpaceND.self, DepthToSpace.self, ExtractImagePatches.self,
    ExtractVolumePatches.self, SpaceToBatch.self, SpaceToBatchND.self, SpaceToDepth.self,
  ]

  private static let matrices: [any OpDefinition.Type] = [
    Diag.self, DiagPart.self, MatrixBandPart.self, MatrixDiag.self, MatrixDiagPart.self,
    MatrixDiagPartV2.self, MatrixDiagPartV3.self, MatrixDiagV2.self, MatrixDiagV3.self,
    MatrixSetDiag.self, MatrixSetDiagV2.self, MatrixSetDiagV3.self,
  ]
}
