"""The typed language of `service.yaml` and `pack.yaml`. Pure: no Django, no clock, no network."""
