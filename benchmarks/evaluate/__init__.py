"""`make evaluate`: how well config.yml's pipeline understands our own sentences, as one page for whoever edits them."""
