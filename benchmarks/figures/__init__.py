"""What is measured: each module measures one group of figures of one subject in one round."""
