"""The workflow: configuration, tasks, the store of their files, studies and reports."""
