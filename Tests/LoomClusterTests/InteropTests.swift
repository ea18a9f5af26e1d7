#if Distributed
  import Testing

  /// What stock TensorFlow's client does, by the names of `Scripts/interop-client.py`.
  let stockCases = [
    "run",  // DST-002, DST-042
    "nested_fetches",
    "compressed_messages",
    "feeds_of_all_dtypes",
    "partial_run",
    "partial_run_errors",
    "make_callable",  // DST-030
    "raw_callable",  // DST-031
    "list_devices",
    "extend",  // DST-032
    "errors_by_code",
    "errors_name_their_node",
    "bad_device",  // DST-028
    "shared_variables",  // DST-003
    "shared_queues_and_tables",
    "isolated_state",  // DST-004
    "timeouts",  // DST-019
    "close_cancels_steps",  // DST-020
    "while_loop",
    "conditionals",
    "functions",
    "training",
    "metadata",
    "steps_at_once",
    "reset_of_containers",  // RST-001, RST-002, RST-003, RST-010, DST-024
    "large_graph",
    "large_feed_and_fetch",
  ]

  /// Unmodified TensorFlow 2.21 from PyPI against a server of ours.
  @Suite struct InteropTests {
    @Test(arguments: stockCases)
    func `stock TensorFlow's client gets what its own server gives`(_ example: String)
      async throws
    {
      let report = try await StockClient.report.value
      #expect(report[example] == "ok")
    }

    @Test func `every case of the client is listed here`() async throws {
      let report = try await StockClient.report.value
      #expect(Set(report.keys) == Set(stockCases))
    }
  }
#endif
