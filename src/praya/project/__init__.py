"""The installation: settings, the wiring of plugs, commands, servers, backup and restore."""
