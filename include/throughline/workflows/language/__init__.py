"""The language in which a workflow is a file: what it says is read here, checked whole, and shown as a page.

Read in this order: `reading` (YAML), `structure` (what stands where), `expanded` (standard stages taken over), `walk`
(every condition with its place), `checks` (what is refused), `loading` (all of it at once), `rendered` (the page that
an owner signs). Nothing here runs at night yet: `throughline.workflows.definitions` reads what runs.
"""
