"""Names of made-up people: every combination is drawn, none is anybody's."""

DOMAIN = "aranyak.example"

FEMALE = [
    "Aanya", "Aditi", "Ananya", "Anjali", "Bhavna", "Charvi", "Deepika", "Diya", "Esha", "Gauri",
    "Harini", "Ishita", "Jhanvi", "Kavya", "Keerthana", "Lavanya", "Meera", "Mrunal", "Nandini",
    "Niharika", "Ojasvi", "Pallavi", "Pooja", "Priya", "Radhika", "Ritika", "Saanvi", "Sahana",
    "Shreya", "Sneha", "Tanvi", "Trisha", "Urvi", "Vaishnavi", "Yamini", "Zoya",
]  # fmt: skip
MALE = [
    "Aarav", "Abhinav", "Aditya", "Akash", "Aniket", "Arjun", "Bharath", "Chirag", "Dev", "Dhruv",
    "Farhan", "Gautam", "Harsh", "Ishaan", "Jatin", "Karan", "Karthik", "Lokesh", "Manav", "Mihir",
    "Nakul", "Nikhil", "Omkar", "Pranav", "Rahul", "Raghav", "Rohan", "Sahil", "Samar", "Siddharth",
    "Tarun", "Tejas", "Uday", "Varun", "Vivek", "Yash",
]  # fmt: skip
SURNAMES = [
    "Acharya", "Agarwal", "Bhat", "Bose", "Chauhan", "Deshmukh", "D'Souza", "Gowda", "Gupta",
    "Hegde", "Iyer", "Jadhav", "Joshi", "Kamath", "Khan", "Kulkarni", "Kumar", "Mathew", "Menon",
    "Mishra", "Nair", "Naidu", "Patel", "Patil", "Pillai", "Rao", "Reddy", "Saxena", "Shah",
    "Sharma", "Shetty", "Singh", "Sinha", "Thomas", "Varma", "Yadav",
]  # fmt: skip
FATHERS = [
    "Anil", "Ashok", "Balaji", "Dinesh", "Ganesh", "Girish", "Imran", "Jagdish", "Mahesh", "Mohan",
    "Naresh", "Prakash", "Rajesh", "Ramesh", "Sanjay", "Satish", "Sunil", "Suresh", "Venkat",
    "Vinod",
]  # fmt: skip
MOTHERS = [
    "Anita", "Asha", "Geeta", "Hema", "Jyoti", "Kamala", "Lata", "Madhavi", "Nirmala", "Padma",
    "Rekha", "Rukmini", "Savita", "Shobha", "Sudha", "Sunita", "Usha", "Vasanthi", "Vidya",
]  # fmt: skip


def draw_names(rng, first_names: list[str], count: int) -> list[tuple[str, str]]:
    """Different (first name, surname) pairs in a drawn order."""
    pairs = [(first, last) for first in first_names for last in SURNAMES]
    return rng.sample(pairs, count)


def phone(number: int) -> str:
    """A number that no network gives to anybody: Indian mobiles begin with 6 to 9."""
    return f"+91 00000 {number:05d}"
