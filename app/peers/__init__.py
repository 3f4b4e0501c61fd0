"""The network process: identity, cards, catalogues, and the swarm that carries them. Knows BitTorrent, no learning.

Everything that comes from another peer passes `cards` and `wire` first, and is hostile until it has.
"""
