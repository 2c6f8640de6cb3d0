"""The bar of `praya preview` above the pages of a service, for its designer. It is installed in previews only."""
