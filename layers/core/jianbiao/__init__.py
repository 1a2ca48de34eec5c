"""Jianbiao (检标): electronic motor-vehicle inspection marks."""
