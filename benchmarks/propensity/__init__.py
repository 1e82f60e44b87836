"""The seed's recipe beside ours on the same folds, and how fast tables of any size are scored."""
