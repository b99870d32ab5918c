"""Cost: params, multiply-accumulates, activations and bytes moved of one image."""
