"""The differencing attacker: which small groups follow from what is published?"""
