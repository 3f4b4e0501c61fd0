"""What goes round between peers: cards, catalogues, who is followed and who is blocked. `Exchange` is all of it."""

from app.peers.exchange.exchange import Exchange
from app.peers.exchange.ports import CardOverlay, CatalogueSwarm, PointerBook

__all__ = ["CardOverlay", "CatalogueSwarm", "Exchange", "PointerBook"]
