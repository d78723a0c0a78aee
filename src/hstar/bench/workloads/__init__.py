"""What is measured, one module per area. Each registers its workloads when it is imported; `load` imports them all."""
