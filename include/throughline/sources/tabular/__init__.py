"""Tables as feeds: CSV, TSV, workbooks and the rows of a query, mapped to the columns of feeds by a source's YAML."""
