alter table operations.decision disable trigger decision_append_only;
