public import LoomGraph

/// Random numbers: from the node's own generator, or from seeds that are inputs.
public enum RandomOps {
  public static let all: [any OpDefinition.Type] = stateful + stateless + generators

  static let stateful: [any OpDefinition.Type] = [
    Multinomial.self, NonDeterministicInts.self, RandomGamma.self, RandomGammaGrad.self,
    RandomPoisson.self, RandomPoissonV2.self, RandomShuffle.self, RandomStandardNormal.self,
    RandomUniform.self,
    RandomUniformInt.self, TruncatedNormal.self,
  ]

  static let stateless: [any OpDefinition.Type] = [
    StatelessMultinomial.self, StatelessRandomGammaV2.self, StatelessRandomGammaV3.self,
    StatelessRandomPoisson.self, StatelessRandomGetAlg.self, StatelessRandomGetKeyCounter.self,
    StatelessRandomGetKeyCounterAlg.self, StatelessRandomNormal.self,
    StatelessRandomNormalV2.self, StatelessRandomUniform.self, StatelessRandomUniformFullInt.self,
    StatelessRandomUniformFullIntV2.self, StatelessRandomUniformInt.self,
    StatelessRandomUniformIntV2.self, StatelessRandomUniformV2.self, StatelessShuffle.self,
    StatelessTruncatedNormal.self, StatelessTruncatedNormalV2.self,
  ]

  static let generators: [any OpDefinition.Type] = [
    RngReadAndSkip.self, RngSkip.self, StatefulStandardNormalV2.self, StatefulTruncatedNormal.self,
    StatefulUniform.self, StatefulUniformFullInt.self, StatefulUniformInt.self,
  ]
}
