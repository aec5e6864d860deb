"""What `doctor` looks at: a room for each part of the box, a Finding from each."""
