"""What the worker does for the desk."""

from praya.web.desk import batches, exports

PARTS = (*exports.PARTS, batches.GATHER)
