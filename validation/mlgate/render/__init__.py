"""Decision to text for people and tools, one file per format: html, markdown, junit, json.

A renderer sees a ``Decision`` and nothing else, so a report can be drawn again from ``decision.json`` alone, anywhere.

    words      vocabulary and figures: the only place where a number becomes text
    markup     elements whose text is escaped by construction
    story      what the verdict means, what blocks, what is uncertain, what to do next: the same words in every format
    forest     the picture this product is known for; ``plots`` holds the smaller ones
    tables     findings as rows; ``sections`` the report below its first screen
    html  markdown  junit  json
"""
