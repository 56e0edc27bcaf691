"""What a log of an AT dialogue says: read in any of the usual shapes, and told in the manuals' words.

shapes.py makes lines with times and directions of a file, dialogue.py commands with their answers of lines, meaning.py
says what each of them means; titles.py has the words.  Nothing here talks to a module.
"""
