"""A team's own tests: a pytest process for each suite, the model behind HTTP, and what every test found."""
