"""The bar of `praya preview`: what a service's designer sees above the service. Installed nowhere else."""
