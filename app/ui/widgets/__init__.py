"""Small widgets and painting that parts of the window share: stars, score bar, like buttons, labels."""
