public import LoomGraph

/// Lookup tables.
public enum TablesOps {
  public static let all: [any OpDefinition.Type] = handles + operations

  private static let handles: [any OpDefinition.Type] = [
    AnonymousHashTable.self, AnonymousMutableDenseHashTable.self, AnonymousMutableHashTable.self,
    AnonymousMutableHashTableOfTensors.self, HashTable.self, HashTableV2.self,
    MutableDenseHashTable.self, MutableDenseHashTableV2.self, MutableHashTable.self,
    MutableHashTableOfTensors.self, MutableHashTableOfTensorsV2.self, MutableHashTableV2.self,
  ]

  private static let operations: [any OpDefinition.Type] = [
    InitializeTable.self, InitializeTableFromTextFile.self, InitializeTableFromTextFileV2.self,
    InitializeTableV2.self, LookupTableExport.self, LookupTableExportV2.self, LookupTableFind.self,
    LookupTableFindV2.self, LookupTableImport.self, LookupTableImportV2.self,
    LookupTableInsert.self, LookupTableInsertV2.self, LookupTableRemoveV2.self,
    LookupTableSize.self, LookupTableSizeV2.self,
  ]
}
