#if Distributed
  import Testing

  /// What stock TensorFlow's client does, by the names of `Scripts/interop-client.py`.
  enum StockCase: String, CaseIterable, Sendable {
    case run  // DST-002, DST-042
    case nested_fetches
    case feeds_of_all_dtypes
    case partial_run
    case partial_run_errors
    case make_callable  // DST-030
    case raw_callable  // DST-031
    case list_devices
    case extend  // DST-032
    case errors_by_code
    case errors_name_their_node
    case bad_device  // DST-028
    case shared_variables  // DST-003
    case shared_queues_and_tables
    case isolated_state  // DST-004
    case timeouts  // DST-019
    case close_cancels_steps  // DST-020
    case while_loop
    case conditionals
    case functions
    case training
    case metadata
    case steps_at_once
    case reset_of_containers  // RST-001, RST-002, RST-003, RST-010, DST-024
    case large_graph
    case large_feed_and_fetch
  }

  /// Unmodified TensorFlow 2.21 from PyPI against a server of ours.
  @Suite struct InteropTests {
    @Test(arguments: StockCase.allCases)
    func `stock TensorFlow's client gets what its own server gives`(_ example: StockCase)
      async throws
    {
      let report = try await StockClient.report.value
      #expect(report[example.rawValue] == "ok")
    }

    @Test func `every case of the client is listed here`() async throws {
      let report = try await StockClient.report.value
      #expect(Set(report.keys) == Set(StockCase.allCases.map(\.rawValue)))
    }
  }
#endif
