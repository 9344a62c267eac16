"""What a person looks at: pages, figures, tables and statements."""
