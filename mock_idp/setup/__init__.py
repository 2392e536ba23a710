"""What a mock is set up with by its owner: people, clients, services and settings of one's own."""
