"""A slow evaluator of the workflow language that is meant to be obviously right: loops over one person's facts.

It reads like the rules of the language (docs/workflow-rules.md), imports nothing of `throughline`, and is what the
engine is held against. `nights.evaluate` is the way in; `world` is what goes in, `seen` what comes out.

Read in this order: `truth`, `moments`, `world`, `library`, `matching`, `context`, `leaves`, `conditions`, `stages`,
`ends`, `bills`, `asks`, `openings`, `nights`.
"""
