"""What happens now, told to whoever has to know: between the parts of a gateway, and between gateways."""
