"""Persons and officers: who somebody is, proved by a code sent to an e-mail address."""
